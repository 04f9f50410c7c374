import { isDeepStrictEqual } from 'node:util';
import type { Collection, CollectionInfo, Db, Document, Filter } from 'mongodb';
import { collectionsOf } from './collections.ts';
import { hasCode } from '../transactions/errors.ts';
import * as validators from './validators.ts';

const NAMESPACE_NOT_FOUND = 26;

/** Every document that an incomplete start may leave in the ledger's collection. */
const HEADS: Filter<Document> = { _id: { $in: ['head', 'even', 'odd'] as never[] }, unit: { $type: 'long' } };

/**
 * Describes another program's collection under one of this program's names, or returns undefined. Only for a database
 * that this program has not set up: collections from an interrupted start are its own.
 */
export async function foreignCollection(db: Db): Promise<string | undefined> {
  const names = [...Object.keys(collectionsOf(db)), 'schema'];
  const found = await db.listCollections({ name: { $in: names } }).toArray();
  for (const info of found as CollectionInfo[]) {
    const reason = await foreignness(db.collection(info.name), info);
    if (reason) return `its collection "${info.name}" ${reason}`;
  }
  return undefined;
}

async function foreignness(
  collection: Collection,
  { name, type, options = {} }: CollectionInfo,
): Promise<string | undefined> {
  if (type !== 'collection') return `is a ${type ?? 'view'}`;
  if (!isOurs(name, options)) return 'has options that this program does not set';
  // This program creates its own with their validator, and their indexes after it
  if (!options['validator'] && (await hasIndexes(collection)))
    return 'has indexes that this program does not make';
  const document = await collection.findOne(name === 'ledger' ? { $nor: [HEADS] } : {}, {
    projection: { _id: 1 },
  });
  return document ? 'holds documents that this program did not write' : undefined;
}

function isOurs(name: string, options: Document): boolean {
  const { validator, validationLevel: _level, validationAction: _action, ...others } = options;
  if (Object.keys(others).length > 0) return false;
  const ours = (validators as Record<string, Document>)[name];
  return validator === undefined || isDeepStrictEqual(validator, ours);
}

async function hasIndexes(collection: Collection): Promise<boolean> {
  try {
    return (await collection.listIndexes().toArray()).length > 1;
  } catch (fault) {
    if (hasCode(fault, NAMESPACE_NOT_FOUND)) return false;
    throw fault;
  }
}
