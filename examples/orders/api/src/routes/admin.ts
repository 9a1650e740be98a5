import { execSync } from "node:child_process";

import { Router } from "express";

export const adminRouter = Router();

adminRouter.get("/disk", (_req, res) => {
  res.type("text/plain").send(execSync("df -h"));
});
