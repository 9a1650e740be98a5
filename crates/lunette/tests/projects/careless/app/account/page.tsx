import { createServerClient } from "@supabase/ssr";

export default async function Account() {
  const supabase = createServerClient("https://x.supabase.co", "anon", { cookies: {} as any });
  const { data: { session } } = await supabase.auth.getSession();
  return <p>{session?.user.email}</p>;
}
