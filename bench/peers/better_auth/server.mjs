// One process, or a cluster of them.
import cluster from "node:cluster";
import http from "node:http";
import { toNodeHandler } from "better-auth/node";
import { auth } from "./auth.mjs";

const [port, workers] = process.argv.slice(2).map(Number);
if (cluster.isPrimary && workers > 1) {
  for (let n = 0; n < workers; n++) cluster.fork();
} else {
  http.createServer({ keepAliveTimeout: 60000 }, toNodeHandler(auth)).listen(port, "127.0.0.1", 2048);
}
