/** The keys MODEL/SETTING of a result. A model's name may hold a slash, a setting never does. */
export function splitKey(key: string): { model: string; setting: string } {
  const slash = key.lastIndexOf('/');
  return { model: key.slice(0, slash), setting: key.slice(slash + 1) };
}
