// `cargo xtask deploy cloudflare --placement`: the Worker beside a cloud region, and a new database near it.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { afterEach, test } from './lib/suite.mjs';
import { MIGRATIONS, accountForFile } from './lib/deploy.mjs';

const site = accountForFile();
afterEach(() => site.cloudflare.reset());

const worker = () => site.cloudflare.workers.get('grok2api');
const placementOf = async () => JSON.parse(await readFile(site.config, 'utf8')).placement;
const changes = () => site.cloudflare.calls.filter((name) => !name.startsWith('GET ') && !name.endsWith('/query'));

test('--dry-run shows the region and where the database would go', async () => {
  const { code, said } = await site.run(['--dry-run', '--placement', 'aws:us-west-2']);
  assert.equal(code, 0, said);
  assert.match(said, /Worker +grok2api, near aws:us-west-2/);
  assert.match(said, new RegExp(`database +grok2api: to be created in wnam, ${MIGRATIONS} migrations to apply`));
  const { said: chosen } = await site.run(['--dry-run', '--placement', 'aws:us-west-2', '--location', 'apac']);
  assert.match(chosen, /database +grok2api: to be created in apac,/, 'a location that was named wins');
  assert.deepEqual(changes(), []);
});

test('bad regions are refused by name before anything is made', async () => {
  for (const [region, said] of [
    ['mars', /error: unknown region `mars` for --placement, expected one of aws, gcp or azure/],
    ['aws:us-wast-2', /unknown region `aws:us-wast-2`/],
    // Named like a region, and not in Cloudflare's list.
    ['aws:us-west-9', /error: Cloudflare does not offer the region `aws:us-west-9`, expected one of eu-central-1, us-east-1, us-west-2 for aws/],
  ]) {
    const run = await site.run(['--placement', region]);
    assert.equal(run.code, 1, run.said);
    assert.match(run.said, said);
  }
  assert.deepEqual(site.cloudflare.holdings, { databases: [], namespaces: [], workers: [] });
});

test('without a list of regions an account is deployed to', async () => {
  site.cloudflare.script('GET /workers/placement/regions', { status: 404, code: 7003 });
  const { code, said } = await site.run(['--dry-run', '--placement', 'aws:us-west-2']);
  assert.equal(code, 0, said);
});

test('the Worker is placed, and a new database is made near it', async () => {
  const { code, said } = await site.run(['--placement', 'aws:us-west-2']);
  assert.equal(code, 0, said);
  assert.equal(site.cloudflare.databases[0].location, 'wnam');
  assert.deepEqual(worker().metadata.placement, { mode: 'targeted', region: 'aws:us-west-2' });
  assert.deepEqual(await placementOf(), { region: 'aws:us-west-2' });
});

test('an existing database stays where it is, and the run says so', async () => {
  const near = await site.run(['--dry-run', '--placement', 'gcp:us-west1']);
  assert.equal(near.code, 0, near.said);
  assert.doesNotMatch(near.said, /keeps its location/);
  const { code, said } = await site.run(['--placement', 'aws:eu-central-1']);
  assert.equal(code, 0, said);
  assert.match(said, /keeps its location, in wnam: only a new database can be created in weur/);
  assert.deepEqual(site.cloudflare.databases.map(({ location }) => location), ['wnam']);
  assert.equal(worker().metadata.placement.region, 'aws:eu-central-1');
});

test('without the option nothing is placed', async () => {
  const { code, said } = await site.run([]);
  assert.equal(code, 0, said);
  assert.doesNotMatch(said, / near |keeps its location/);
  assert.equal(worker().metadata.placement, undefined);
  assert.equal(await placementOf(), undefined);
});
