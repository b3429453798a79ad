// Loaded before a worker (`node --import`): a batch with the fit of this name ends its process at once.
const name = JSON.stringify(process.env.POISON_FIT ?? '');
const parse = JSON.parse;
JSON.parse = (text, ...rest) => {
  if (typeof text === 'string' && text.includes(`"name":${name}`))
    process.kill(process.pid, 'SIGKILL');
  return parse(text, ...rest);
};
