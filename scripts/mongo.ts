/** `npm run mongo`: a local replica set that keeps its data, for people who have no MongoDB. */
import { parseArgs } from 'node:util';
import { findMongod, MongodNotFoundError, mongodSources } from './mongod.ts';
import { ReplicaSet, ReplicaSetError } from './mongo-replica-set.ts';

const HELP = `Usage: npm run mongo -- [--nodes 1|3] [--port 27017] [--data data/mongo]

Runs a MongoDB replica set on this machine until Ctrl-C. Its data is kept for the next run.

  --nodes  number of members, 1 or 3 (default 1)
  --port   port of the first member, the others take the next ones (default 27017)
  --data   directory of the data (default data/mongo)
  --help   print this text`;

interface Settings {
  nodes: number;
  port: number;
  data: string;
}

/** Reads the settings. Null if help is requested. Throws TypeError. */
function readSettings(): Settings | null {
  const { values } = parseArgs({
    options: {
      nodes: { type: 'string', default: '1' },
      port: { type: 'string', default: '27017' },
      data: { type: 'string', default: 'data/mongo' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return null;
  const nodes = Number(values.nodes);
  const port = Number(values.port);
  if (nodes !== 1 && nodes !== 3) throw new TypeError(`--nodes must be 1 or 3, not '${values.nodes}'`);
  if (!Number.isInteger(port) || port < 1 || port + nodes - 1 > 65_535) {
    throw new TypeError(`--port must be a port, not '${values.port}'`);
  }
  return { nodes, port, data: values.data };
}

async function serve({ nodes, port, data }: Settings): Promise<void> {
  const mongod = await findMongod(mongodSources({ note: (line) => console.error(line) }));
  const signal = new Promise<'signal'>((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => resolve('signal'));
  });
  const replicaSet = new ReplicaSet({
    binary: mongod.path,
    directory: data,
    ports: Array.from({ length: nodes }, (_, index) => port + index),
    electionTimeoutMs: 2000,
  });
  const starting = replicaSet.start();
  if ((await Promise.race([starting, signal])) !== 'signal') {
    console.log(`MongoDB ${mongod.version} is ready, with its data in ${data}. Ctrl-C stops it.`);
    console.log(`MONGO_URI=${replicaSet.uri('passbook')}`);
  }
  const end = await Promise.race([signal, replicaSet.death()]);
  await replicaSet.stop();
  // Ignored: a start that the signal interrupted fails
  await starting.catch(() => {});
  if (end instanceof ReplicaSetError) throw end;
  console.log('MongoDB has stopped');
}

function explain(error: unknown): string {
  if (error instanceof MongodNotFoundError) {
    return `found no mongod, and could not download one:
${error.reasons.map((reason) => `  ${reason}`).join('\n')}
Install MongoDB, or set MONGOMS_SYSTEM_BINARY to the path of a mongod.`;
  }
  if (error instanceof ReplicaSetError || error instanceof TypeError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

try {
  const settings = readSettings();
  if (settings) await serve(settings);
  else console.log(HELP);
} catch (error) {
  console.error(`npm run mongo: ${explain(error)}`);
  process.exitCode = 1;
}
