import { Router } from "express";
import rateLimit from "express-rate-limit";

import { hashPassword, issueSession, resetToken } from "../auth/session.js";
import { pool } from "../db.js";

export const loginRouter = Router();

const limiter = rateLimit({ windowMs: 15 * 60 * 1000, limit: 20 });

loginRouter.post("/", limiter, async (req, res) => {
  const { email, password } = req.body;
  const found = await pool.query("SELECT id, role, password FROM users WHERE email = $1", [email]);
  const user = found.rows[0];
  if (!user || user.password !== hashPassword(password)) {
    res.status(401).json({ message: "wrong email or password" });
    return;
  }
  issueSession(res, { id: user.id, role: user.role });
  res.status(204).end();
});

loginRouter.post("/reset", async (req, res) => {
  await pool.query("UPDATE users SET reset_token = $1 WHERE email = $2", [resetToken(), req.body.email]);
  res.status(202).end();
});
