create table public.customers (
  id uuid primary key references auth.users (id),
  email text not null,
  phone text
);

create table public.orders (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references public.customers (id),
  total_cents integer not null,
  created_at timestamptz not null default now()
);

alter table public.orders enable row level security;

create policy "own orders" on public.orders
  for select to authenticated using (auth.uid() = user_id);
