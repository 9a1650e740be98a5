import { Router } from "express";

import { pool } from "../db.js";

export const ordersRouter = Router();

ordersRouter.get("/", async (_req, res) => {
  const orders = await pool.query("SELECT * FROM orders WHERE user_id = $1", [res.locals.user.id]);
  res.json(orders.rows);
});

ordersRouter.get("/:id", async (req, res) => {
  const order = await pool.query("SELECT * FROM orders WHERE id = $1", [req.params.id]);
  res.json(order.rows[0] ?? null);
});
