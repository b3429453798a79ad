/** Families of brms 2.18 that are not here, by brms' names: what is asked for is not unknown. */
const brmsFamilies: ReadonlySet<string> = new Set([
  'acat',
  'asym_laplace',
  'beta',
  'Beta',
  'beta_binomial',
  'categorical',
  'com_poisson',
  'cox',
  'cratio',
  'cumulative',
  'custom_family',
  'dirichlet',
  'discrete_weibull',
  'exgaussian',
  'exponential',
  'frechet',
  'gamma',
  'Gamma',
  'gen_extreme_value',
  'geometric',
  'hurdle_gamma',
  'hurdle_lognormal',
  'hurdle_negbinomial',
  'hurdle_poisson',
  'inverse.gaussian',
  'logistic_normal',
  'lognormal',
  'mixture',
  'multinomial',
  'shifted_lognormal',
  'skew_normal',
  'sratio',
  'von_mises',
  'weibull',
  'wiener',
  'zero_inflated_asym_laplace',
  'zero_inflated_beta',
  'zero_inflated_beta_binomial',
  'zero_inflated_binomial',
  'zero_inflated_negbinomial',
  'zero_inflated_poisson',
  'zero_one_inflated_beta',
]);

/** How R spells families that are here. */
const spellings: Readonly<Record<string, string>> = {
  normal: 'gaussian',
  negative_binomial: 'negbinomial',
  neg_binomial_2: 'negbinomial',
  student_t: 'student',
};

/** ' of brms, which is not here' and its like, to stand behind a name; nothing of an unknown one. */
export function toldOfBrms(family: string): string {
  if (brmsFamilies.has(family)) return ' of brms, which is not here';
  return Object.hasOwn(spellings, family) ? `, which is called ${spellings[family]} here` : '';
}
