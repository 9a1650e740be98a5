import { redirect } from "next/navigation";
import { createClient } from "../../utils/server";

export default async function Account() {
  const supabase = await createClient();
  const { data: { user } } = await supabase.auth.getUser();
  if (!user) redirect("/login");
  const { data } = await supabase.from("profiles").select("display_name").eq("id", user.id).single();
  return <h1>{data?.display_name}</h1>;
}
