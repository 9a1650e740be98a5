import cookieParser from "cookie-parser";
import cors from "cors";
import express, { type NextFunction, type Request, type Response } from "express";

import { requireUser } from "./auth/session.js";
import { adminRouter } from "./routes/admin.js";
import { loginRouter } from "./routes/login.js";
import { ordersRouter } from "./routes/orders.js";

export const app = express();

app.use(cors({ origin: true, credentials: true }));
app.use(cookieParser());
app.use(express.json());

app.get("/health", (_req: Request, res: Response) => {
  res.json({ ok: true });
});

app.use("/login", loginRouter);
app.use("/orders", requireUser, ordersRouter);
app.use("/admin", adminRouter);

app.use((error: Error, _req: Request, res: Response, _next: NextFunction) => {
  res.status(500).json({ message: error.message, stack: error.stack });
});
