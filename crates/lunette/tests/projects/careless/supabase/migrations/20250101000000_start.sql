create table public.invoices (id bigint primary key, customer_email text, iban text, total numeric);

create table public.profiles (id uuid primary key references auth.users (id), email text, role text default 'user', is_verified boolean);
alter table public.profiles enable row level security;
create policy "read" on public.profiles for select using (true);
create policy "change own" on public.profiles for update to authenticated using (auth.uid() = id);

create table public.orders (id bigint primary key, owner uuid, plan text);
create policy "own orders" on public.orders using (auth.uid() = owner);

create table public.messages (id bigint primary key, body text);
alter table public.messages enable row level security;
create policy "Service role only" on public.messages for all using (true) with check (true);
create policy "admins" on public.messages for delete using ((auth.jwt() -> 'user_metadata' ->> 'role') = 'admin');

create function public.grant_role(who uuid, wanted text) returns void language plpgsql security definer as $$
begin
  execute 'update public.profiles set role = ''' || wanted || ''' where id = ''' || who || '''';
end $$;

create view public.emails as select id, email from auth.users;

insert into storage.buckets (id, name, public) values ('papers', 'papers', true);
create policy "anyone uploads" on storage.objects for insert with check (bucket_id = 'papers');
create policy "anyone lists" on storage.objects for select using (bucket_id = 'papers');

create table public.customers (email text primary key, owner uuid);
alter table public.customers enable row level security;
create policy "own" on public.customers for select to authenticated using ((select auth.uid()) = owner);

create table public.tickets (id uuid primary key, author uuid, customer text references public.customers (email));
alter table public.tickets enable row level security;
create policy "own" on public.tickets to authenticated using ((select auth.uid()) = author) with check ((select auth.uid()) = author);
