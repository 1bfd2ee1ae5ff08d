// Makes the tables.
import { getMigrations } from "better-auth/db/migration";
import { close, options } from "./auth.mjs";

const { runMigrations } = await getMigrations(options);
await runMigrations();
await close();
