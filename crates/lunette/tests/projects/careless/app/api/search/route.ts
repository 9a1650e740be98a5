import { createClient } from "@supabase/supabase-js";

export async function GET(req: Request) {
  const term = new URL(req.url).searchParams.get("term");
  const client = createClient(process.env.NEXT_PUBLIC_SUPABASE_URL!, process.env.NEXT_PUBLIC_SUPABASE_ANON_KEY!);
  const { data } = await client.from("messages").select("*").or(`body.ilike.%${term}%,id.eq.0`);
  return Response.json(data);
}
