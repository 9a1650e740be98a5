import { createClient } from "npm:@supabase/supabase-js@2";

Deno.serve(async (req) => {
  const admin = createClient(Deno.env.get("SUPABASE_URL")!, Deno.env.get("SUPABASE_SERVICE_ROLE_KEY")!);
  const { user_id, hook } = await req.json();
  await admin.from("orders").delete().eq("owner", user_id);
  await fetch(hook);
  const code = Math.floor(100000 + Math.random() * 900000);
  return new Response(JSON.stringify({ otp: code }), { headers: { "Access-Control-Allow-Origin": "*" } });
});
