import { service } from "../abi/service.mjs";
import * as signatures from "../dist/probe.signatures.mjs";
import module from "../dist/probe.wasm";
export default { fetch: service(module, signatures) };
