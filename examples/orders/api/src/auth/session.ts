import crypto from "node:crypto";

import type { NextFunction, Request, Response } from "express";
import jwt from "jsonwebtoken";

const SESSION_SECRET = process.env.SESSION_SECRET ?? "orders-dev-secret";

export interface User {
  id: string;
  role: "customer" | "clerk";
}

export function issueSession(res: Response, user: User): void {
  const token = jwt.sign(user, SESSION_SECRET, { expiresIn: "7d" });
  res.cookie("session", token, { httpOnly: true });
}

export function requireUser(req: Request, res: Response, next: NextFunction): void {
  const token = req.cookies.session;
  try {
    const user = jwt.verify(token, SESSION_SECRET);
    res.locals.user = user;
    next();
  } catch {
    res.status(401).json({ message: "sign in first" });
  }
}

export function hashPassword(password: string): string {
  return crypto.createHash("md5").update(password).digest("hex");
}

export function resetToken(): string {
  const token = Math.random().toString(36).slice(2);
  return token;
}
