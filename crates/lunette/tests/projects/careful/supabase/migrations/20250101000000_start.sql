create table public.profiles (
  id uuid primary key references auth.users (id) on delete cascade,
  display_name text not null check (char_length(display_name) between 1 and 80)
);
alter table public.profiles enable row level security;
grant select, update (display_name) on public.profiles to authenticated;
create policy "own profile is read" on public.profiles for select to authenticated using ((select auth.uid()) = id);
create policy "own profile is changed" on public.profiles for update to authenticated
  using ((select auth.uid()) = id) with check ((select auth.uid()) = id);

create schema private;
create table private.memberships (
  team uuid not null,
  member uuid not null references auth.users (id) on delete cascade,
  primary key (team, member)
);
create index on private.memberships (member);
alter table private.memberships enable row level security;

create function private.teams_of_caller() returns setof uuid
language sql stable security definer set search_path = ''
as $$ select team from private.memberships where member = (select auth.uid()) $$;
revoke execute on function private.teams_of_caller() from public, anon;
grant usage on schema private to authenticated;
grant execute on function private.teams_of_caller() to authenticated;

create table public.notes (
  id uuid primary key default gen_random_uuid(),
  team uuid not null,
  author uuid not null default auth.uid() references auth.users (id) on delete cascade,
  body text not null
);
create index on public.notes (team);
create index on public.notes (author);
alter table public.notes enable row level security;
grant select, delete on public.notes to authenticated;
grant insert (team, body) on public.notes to authenticated;
grant update (body) on public.notes to authenticated;
create policy "notes of one's teams" on public.notes for select to authenticated
  using (team in (select private.teams_of_caller()));
create policy "notes are written by their authors" on public.notes for insert to authenticated
  with check ((select auth.uid()) = author and team in (select private.teams_of_caller()));
create policy "notes are changed by their authors" on public.notes for update to authenticated
  using ((select auth.uid()) = author)
  with check ((select auth.uid()) = author and team in (select private.teams_of_caller()));
create policy "notes are removed by their authors" on public.notes for delete to authenticated
  using ((select auth.uid()) = author);

insert into storage.buckets (id, name, public, file_size_limit, allowed_mime_types)
values ('attachments', 'attachments', false, 5242880, array['image/png', 'image/jpeg']);
create policy "own attachments are read" on storage.objects for select to authenticated
  using (bucket_id = 'attachments' and (storage.foldername(name))[1] = (select auth.uid())::text);
create policy "own attachments are added" on storage.objects for insert to authenticated
  with check (bucket_id = 'attachments' and (storage.foldername(name))[1] = (select auth.uid())::text);
