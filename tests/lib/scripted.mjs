// A scripted service as a program: `[--port N] [--pace MS]`, prints its address, and ends on SIGINT and SIGTERM.

async function run(start, args) {
  const value = (name, otherwise) => {
    const at = args.indexOf(name);
    const number = at < 0 ? otherwise : Number(args[at + 1]);
    if (!Number.isInteger(number) || number < 0) throw new Error(`${name} takes a number`);
    return number;
  };
  const service = await start({ port: value('--port', 0), pace: value('--pace', 20), lenient: true });
  console.log(`ready ${service.url}`);
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => service.stop().then(() => process.exit(0)));
}

/** Starts the service that `start` gives; `name` is what errors call it. */
export function runAsProgram(name, start) {
  run(start, process.argv.slice(2)).catch((error) => {
    console.error(`scripted ${name}: ${error.code === 'EADDRINUSE' ? 'the port is in use' : error.message}`);
    process.exit(1);
  });
}
