// better-auth as its manual sets it up for PostgreSQL.
import { betterAuth } from "better-auth";
import pg from "pg";

const pool = new pg.Pool({ connectionString: process.env.DATABASE, max: 10 });
export const options = {
  database: pool,
  secret: process.env.SECRET,
  baseURL: process.env.ADDRESS,
  emailAndPassword: { enabled: true },
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
  session: { cookieCache: { enabled: process.env.VARIANT === "cookie-cache", maxAge: 3600 } },
};
export const auth = betterAuth(options);
export const close = () => pool.end();
