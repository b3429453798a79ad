import { readFileSync } from 'node:fs';
import { it } from 'vitest';
import { regression } from '../../src/regression/regression.js';
import { defaultPrior, printPriors } from '../../src/regression/priors/default-prior.js';
const data = JSON.parse(readFileSync('/tmp/sm/mcycle.json','utf8'));
for (const formula of ['accel ~ s(times)', 'accel ~ gp(times, k = 20, c = 5/4)', 'bf(accel ~ s(times), sigma ~ gp(times, k = 5))']) it(formula, async () => {
  console.log(printPriors(defaultPrior(formula, { data })));
  const t0=performance.now();
  const fit = await regression({ formula, data, seed: 1, draws: 2000, targetAcceptance: 0.95 });
  console.log('ms', performance.now()-t0);
  console.log(String(fit.summary()));
  for (const p of fit.parameters) if (!/\[/.test(p.name)) console.log(p.name, p.mean.toFixed(3), p.sd.toFixed(3), p.rhat.toFixed(3), p.essBulk.toFixed(0));
  console.log(fit.warnings, fit.notes);
  const nd = { times: [5,10,15,20,25,30,35,40,50,62] };
  try { const e = fit.posteriorEpred({ newData: nd }); console.log(e.rows?.map?.((r:any)=>[r.mean, r.sd])); } catch (e) { console.log(String(e)); }
  console.log((await fit.loo()).elpdLoo, (await fit.loo()).pLoo);
}, 300000);
