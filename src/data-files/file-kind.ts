/**
 * What a file is by its first bytes, where its name says otherwise.
 */
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { WeighbridgeError } from '../errors.js';

/** Where the name says text. Bytes as Latin-1. */
const SIGNATURES: readonly (readonly [start: string, what: string])[] = [
  ['PK\x03\x04', 'a ZIP archive or a spreadsheet (xlsx, ods): save the sheet as CSV'],
  ['\xd0\xcf\x11\xe0', 'an old spreadsheet (xls): save the sheet as CSV'],
  ['SQLite format 3\0', 'an SQLite database: export the table as CSV'],
  ['PAR1\x15', 'Parquet: name it .parquet, or --format parquet'],
  ['ARROW1\0\0', 'an Arrow (Feather) file: save it as Parquet or CSV'],
  ['FEA1\0', 'a Feather file: save it as Parquet or CSV'],
  ['Obj\x01', 'an Avro file: save it as Parquet or CSV'],
  ['\x89HDF', 'an HDF5 file: save it as Parquet or CSV'],
  ['RDX2\n', "R's data (RData): save it as CSV with write.csv"],
  ['RDX3\n', "R's data (RData): save it as CSV with write.csv"],
  ['X\n\0\0', "R's data (RDS): save it as CSV with write.csv"],
  ['$FL2@(#)', 'a file of SPSS: save it as CSV'],
  ['<stata_dta>', 'a file of Stata: save it as CSV'],
  ['BZh91AY', 'compressed by bzip2: unpack it'],
  ['\xfd7zXZ', 'compressed by xz: unpack it'],
  ['\x28\xb5\x2f\xfd', 'compressed by zstd: unpack it'],
  ['7z\xbc\xaf', 'a 7z archive: unpack it'],
  ['%PDF-', 'a PDF'],
  ['\x89PNG', 'a picture (PNG)'],
  ['{\\rtf', 'a rich-text document: save it as CSV'],
];

/** Text that is no table: a web page in place of a download. */
const MARKUP = /^\s{0,100}<(?:!doctype|html|head|body|\?xml)/i;

/** @throws WeighbridgeError `bad-data` that names the kind of a file that is not text */
export function refuseOtherKinds(bytes: Uint8Array, file: string): void {
  const start = Buffer.from(bytes.subarray(0, 300)).toString('latin1');
  const found = SIGNATURES.find(([signature]) => start.startsWith(signature));
  if (found) throw badData(`${file} is ${found[1]}`);
  if (start.startsWith('ustar', 257)) throw badData(`${file} is a tar archive: unpack it`);
  if (MARKUP.test(start.replace('\xef\xbb\xbf', ''))) {
    throw badData(`${file} is a web page or XML: expected a table`);
  }
}

/** Text is packed to a tenth; more than this is nothing that somebody measured. */
const MOST_UNPACKED = 500_000_000;
const MOST_TIMES = 200;
const ALWAYS_UNPACKED = 20_000_000;

/** What gzip packed; other bytes as they are. @throws WeighbridgeError `bad-data` */
export async function unpacked(bytes: Uint8Array, file: string): Promise<Uint8Array> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  const most = Math.min(MOST_UNPACKED, Math.max(ALWAYS_UNPACKED, MOST_TIMES * bytes.length));
  try {
    return await promisify(gunzip)(bytes, { maxOutputLength: most });
  } catch (cause) {
    const tooLarge =
      cause instanceof Error && 'code' in cause && cause.code === 'ERR_BUFFER_TOO_LARGE';
    const reason = tooLarge
      ? `unpacks to more than ${Math.round(most / 1e6)} MB: unpack it first`
      : 'is damaged or cut short';
    throw new WeighbridgeError('bad-data', `${file} is compressed by gzip and ${reason}`, {
      cause,
    });
  }
}

function badData(message: string): WeighbridgeError {
  return new WeighbridgeError('bad-data', message);
}
