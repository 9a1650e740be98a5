import { createClient } from "npm:@supabase/supabase-js@2.49.8";

const ORIGIN = "https://app.example.org";
const headers = { "Access-Control-Allow-Origin": ORIGIN, Vary: "Origin" };

Deno.serve(async (req) => {
  if (req.method === "OPTIONS") return new Response(null, { headers });
  const authorization = req.headers.get("Authorization");
  if (!authorization) return new Response("unauthorized", { status: 401, headers });
  const caller = createClient(Deno.env.get("SUPABASE_URL")!, Deno.env.get("SUPABASE_ANON_KEY")!, {
    global: { headers: { Authorization: authorization } },
  });
  const { data: { user } } = await caller.auth.getUser();
  if (!user) return new Response("unauthorized", { status: 401, headers });
  const { data, error } = await caller.from("notes").select("id, body").eq("author", user.id).limit(200);
  if (error) {
    console.error("export failed", { user: user.id, code: error.code });
    return new Response("failed", { status: 500, headers });
  }
  return Response.json(data, { headers });
});
