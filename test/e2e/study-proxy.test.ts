/** A study whose server is behind a proxy and shows a certificate of the network's own. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { certificate, passTo, startProxy, startTlsServer } from '../support/connect-proxy.js';
import { type SimulatedStudy, simulatedStudy } from '../support/simulated-study.js';
import { errorLines, weighbridgeAlone } from './support.js';

const credentials = 'me:secret-password';
let study: SimulatedStudy;
let tls: Awaited<ReturnType<typeof startTlsServer>>;
let proxy: Awaited<ReturnType<typeof startProxy>>;
let certificateFile: string;

beforeAll(async () => {
  study = await simulatedStudy({
    configuration: { server: { base_url: 'https://model.test/v1' } },
  });
  tls = await startTlsServer(passTo(new URL(study.server.url).origin));
  proxy = await startProxy(tls.port, { credentials });
  certificateFile = join(study.root, 'certificate.pem');
  await writeFile(certificateFile, certificate);
});

afterAll(async () => {
  await proxy.close();
  await tls.close();
  await study.close();
});

const run = (environment: Record<string, string>) =>
  weighbridgeAlone(['study', 'run', study.folder, '--trust-host', 'model.test'], {
    https_proxy: '',
    NO_PROXY: '',
    no_proxy: '',
    XDG_CONFIG_HOME: study.root,
    HTTPS_PROXY: proxy.address.replace('//', `//${credentials}@`),
    ...environment,
  });

it('stops in one line where the certificate is unknown', async () => {
  const outcome = await run({});
  expect(errorLines(outcome)).toEqual([
    expect.stringMatching(
      /https:\/\/model\.test\/v1 shows a certificate that this machine does not trust: set NODE_EXTRA_CA_CERTS .*\(DEPTH_ZERO_SELF_SIGNED_CERT\)/,
    ),
  ]);
  expect(outcome.code).not.toBe(0);
});

it('is trained and asked to its end, all of it through the proxy', async () => {
  const outcome = await run({ NODE_EXTRA_CA_CERTS: certificateFile });
  expect({ code: outcome.code, errors: errorLines(outcome) }).toEqual({ code: 0, errors: [] });
  expect(outcome.stdout + outcome.stderr).not.toContain('secret-password');
  expect(new Set(proxy.tunnels)).toEqual(new Set(['model.test:443']));
});
