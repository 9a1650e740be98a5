import { createClient } from "npm:@supabase/supabase-js@2";

Deno.serve(async (req: Request) => {
  const { userId } = await req.json();
  const admin = createClient(Deno.env.get("SUPABASE_URL")!, Deno.env.get("SUPABASE_SERVICE_ROLE_KEY")!);
  const { data, error } = await admin.from("orders").select("*").eq("user_id", userId);
  if (error) {
    return new Response(error.message, { status: 500 });
  }
  return Response.json(data, { headers: { "Access-Control-Allow-Origin": "*" } });
});
