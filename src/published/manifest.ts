/**
 * Manifest of the data that the study's authors published: location, and the name, SHA-256 and
 * size of each file. The repository states no licence, so this package contains none of its
 * content. The manifest verifies that a download is exactly the data used in the paper.
 */
export interface PublishedFile {
  /** File name within the folder. */
  readonly name: string;
  /** SHA-256 of the content, 64 lower-case hexadecimal digits. */
  readonly sha256: string;
  /** Size in bytes. */
  readonly bytes: number;
}

/** Owner and name of the authors' repository on GitHub. */
export const PUBLISHED_REPOSITORY = 'dillonplunkett/self-interpretability';

/** The commit is pinned: a branch may change and break comparisons of numbers. */
export const PUBLISHED_COMMIT = '1b723c657215d3d0cf08fbaab40efb752339b400';

/** Folder of the data within the repository. */
export const PUBLISHED_FOLDER = 'data';

export const PUBLISHED_FILES: readonly PublishedFile[] = [
  {
    name: 'candidate_scenarios.json',
    sha256: '1514e4bc8a585e92f46ff33f3372ceb7fed2ef7c4fd0ccfc03f24110acef9613',
    bytes: 1_592_285,
  },
  {
    name: 'gpt-4o-2024-08-06_instilled_latent_selections.csv',
    sha256: '4cbc751fcfd247272f66153003b13d93489eef9ee54dc86cc89d33cc9b311131',
    bytes: 1_408_013,
  },
  {
    name: 'gpt-4o-2024-08-06_instilled_latent_weight_reports.csv',
    sha256: '79595fb7c0ac9ef901a5587325cb7adf58b55ccd5453b8297d097b081a399ba4',
    bytes: 164_002,
  },
  {
    name: 'gpt-4o-2024-08-06_instilled_selections.csv',
    sha256: 'c127b60e787917ddba7d78177dfd7ac0ed2f4348e17af610d6237c58355de076',
    bytes: 701_073,
  },
  {
    name: 'gpt-4o-2024-08-06_instilled_weight_reports.csv',
    sha256: '020acd3b0303a5e070aea5f177641f51e3e92c35622f96e9eef7735501450025',
    bytes: 168_245,
  },
  {
    name: 'gpt-4o-2024-08-06_itrained_all_100_50ex_latent_weight_reports.csv',
    sha256: 'f4a71b016446a2deac38665e7cbc50e2b13601f3b248b2cce1d1c45c4619afc7',
    bytes: 168_452,
  },
  {
    name: 'gpt-4o-2024-08-06_itrained_first_50_of_100_50ex_weight_reports.csv',
    sha256: '9bfcac3023ba8c1ae3ed6eca12859a7f372407b3fef9173aff8b69e836a2aa2c',
    bytes: 87_666,
  },
  {
    name: 'gpt-4o-2024-08-06_itrained_last_50_of_100_50ex_weight_reports.csv',
    sha256: '7f95e0f09f9cbd31c73bce25768dc298c092f4b43bf690eec5fb56732fbd4469',
    bytes: 87_218,
  },
  {
    name: 'gpt-4o-2024-08-06_latent_regression_results.csv',
    sha256: '296441bed42069b799fc049392685d369f915c5c927b7e2aee77ee31f493b355',
    bytes: 2_917,
  },
  {
    name: 'gpt-4o-2024-08-06_regression_results.csv',
    sha256: '0554cac8e7569494ef1f780bd92bb63007c47b3c8dab38809ad5db2a28fc6eb2',
    bytes: 2_965,
  },
  {
    name: 'gpt-4o-2024-08-06_weight_reports.csv',
    sha256: '16c77fe3e472a2e1012c440465d8acd634a7312277adb8dd7300f20d7d52ca21',
    bytes: 106_350,
  },
  {
    name: 'gpt-4o-mini-2024-07-18_instilled_latent_selections.csv',
    sha256: '98ff177700f7141f3757b609075bb4fecea19b1133dd925ace2fb5920a35190e',
    bytes: 1_458_104,
  },
  {
    name: 'gpt-4o-mini-2024-07-18_instilled_latent_weight_reports.csv',
    sha256: '6fe7ea398dbdadf984de7697d9abd86c1f892d6c8eb50445eb8a15d810aa840c',
    bytes: 103_146,
  },
  {
    name: 'gpt-4o-mini-2024-07-18_instilled_selections.csv',
    sha256: 'e6ad3a9291653e632e19f09bcde89aae81b38edde1b68d5ccb68cce1920c1c24',
    bytes: 726_033,
  },
  {
    name: 'gpt-4o-mini-2024-07-18_instilled_weight_reports.csv',
    sha256: 'ca89129d7552ca3c0326721b9fd92347a9ea45c9360eb8bb9e18cbcf2782fa24',
    bytes: 99_095,
  },
  {
    name: 'gpt-4o-mini-2024-07-18_itrained_all_100_50ex_latent_weight_reports.csv',
    sha256: '92feba4b119377e70bbfb0a4f7c658962a137dbc9f0cc4f75c0d755f2bb9f879',
    bytes: 173_279,
  },
  {
    name: 'gpt-4o-mini-2024-07-18_itrained_first_50_of_100_50ex_weight_reports.csv',
    sha256: 'd7d0d1297125082e3f0325d19d4781a7ca9d6c65ab95899c3ecd798d175504c1',
    bytes: 89_998,
  },
  {
    name: 'gpt-4o-mini-2024-07-18_itrained_last_50_of_100_50ex_weight_reports.csv',
    sha256: 'c1c772c7c528f5acd33903d503675f80b2df149918bd5a986458522db93ad6b2',
    bytes: 88_446,
  },
  {
    name: 'gpt-4o-mini-2024-07-18_latent_regression_results.csv',
    sha256: 'e4a1c4407edf1b8b1ce3e4ba888331af9776ac277a53cfceb32d6168b65249d2',
    bytes: 2_927,
  },
  {
    name: 'gpt-4o-mini-2024-07-18_regression_results.csv',
    sha256: '65def452c5cda561dbc3b7d6eb19c5bc950597042be2cde10ec31c530f4ce506',
    bytes: 2_955,
  },
  {
    name: 'gpt-4o-mini-2024-07-18_weight_reports.csv',
    sha256: 'ca03b605a7683ae599aa1369a259a2bcab1da7a481cd6978708491191e44bc11',
    bytes: 97_975,
  },
  {
    name: 'instill_100_prefs.jsonl',
    sha256: '26eaf368a1d533c5861712aed29149faef9de50cd4446bf606af298993fb950d',
    bytes: 4_024_904,
  },
  {
    name: 'instilled_weights.csv',
    sha256: '37b6e5c8ab680b003ee07ae2d22c8c6362963ec9119c4172b231cd9cfb47f27f',
    bytes: 32_301,
  },
  {
    name: 'instilled_weights_50_test.jsonl',
    sha256: '77e8faa59fcceb1355abd49c487dee0653a17863024075af3680ef13abe9ca4e',
    bytes: 57_920,
  },
  {
    name: 'instilled_weights_50_training.jsonl',
    sha256: '72372c1664b8eac67e2ac3dde13d20e6b4ea7200a432c2ae3a3dcd52acddb831',
    bytes: 57_885,
  },
  {
    name: 'roles.csv',
    sha256: '68bdfc88b3f6bae7d2eebe9aeb639650e9bbe111a8cf47e0fc682670db5976b6',
    bytes: 15_814,
  },
  {
    name: 'scenarios.csv',
    sha256: '6fe133fe557e1c8c01b4667909dc9000ce2ffabd4456477d43df3ef417ebba48',
    bytes: 226_475,
  },
];
