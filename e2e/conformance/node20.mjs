// The suite imports `globSync` from `fs`, which Node has since version 22; only its commands for
// specification authors call it. This preload lets the server command run on Node 20: `fs` is
// answered with a module that has all of `fs` and a `globSync` that says what is missing.
import * as fs from "node:fs";
import { register } from "node:module";

if (!fs.globSync) {
  const wrapped = `
    export * from "node:fs";
    export { default } from "node:fs";
    export function globSync() { throw new Error("This command needs Node 22 or newer."); }
  `;
  const hooks = `
    const wrapped = ${JSON.stringify("data:text/javascript," + encodeURIComponent(wrapped))};
    export function resolve(specifier, context, next) {
      const isSuite = context.parentURL?.includes("/@modelcontextprotocol/conformance/");
      return specifier === "fs" && isSuite ? { url: wrapped, shortCircuit: true } : next(specifier, context);
    }
  `;
  register("data:text/javascript," + encodeURIComponent(hooks));
}
