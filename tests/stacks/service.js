// The service on Node: `node service.js express PORT` or `node service.js fastify PORT`; see service.py.
"use strict";
const { readFileSync } = require("node:fs");

const [framework, port] = process.argv.slice(2);
const path = "/v4/fine-tuning-jobs/:id";

function answer(id) {
  const { known, unknown } = JSON.parse(readFileSync(process.env.JOBS, "utf-8"));
  return Object.hasOwn(known, id) ? [200, known[id]] : [422, unknown];
}

if (framework === "express") {
  const app = require("express")();
  app.get(path, (request, response) => {
    const [status, body] = answer(request.params.id);
    response.status(status).json(body);
  });
  app.listen(Number(port), "127.0.0.1");
} else {
  const app = require("fastify")();
  app.get(path, (request, reply) => {
    const [status, body] = answer(request.params.id);
    reply.status(status).send(body);
  });
  app.listen({ port: Number(port), host: "127.0.0.1" });
}
