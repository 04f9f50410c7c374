import { readFileSync } from 'node:fs';
import { XmlDocument, XmlLibError, XsdValidator } from 'libxml2-wasm';

/** A schema of XML, which documents are held against. */
export class XmlSchema {
  readonly #validator: XsdValidator;

  constructor(file: URL) {
    const schema = XmlDocument.fromBuffer(readFileSync(file));
    this.#validator = XsdValidator.fromDoc(schema);
    schema.dispose();
  }

  /** Returns the faults of a document, each with its line. */
  faultsOf(xml: string): readonly string[] {
    let document: XmlDocument | undefined;
    try {
      document = XmlDocument.fromBuffer(new TextEncoder().encode(xml));
      this.#validator.validate(document);
      return [];
    } catch (error) {
      if (!(error instanceof XmlLibError)) throw error;
      return error.details.map(({ line, message }) => `${line}: ${message.trim()}`);
    } finally {
      document?.dispose();
    }
  }
}

/** Returns the texts of all elements with this path of names, such as `Ntry/Amt`, in a document without prefixes. */
export function textsAt(xml: string, path: string): readonly string[] {
  const document = XmlDocument.fromBuffer(new TextEncoder().encode(xml));
  try {
    const steps = path.split('/').map((name) => `*[local-name()='${name}']`);
    return document.find(`//${steps.join('/')}`).map((node) => node.content);
  } finally {
    document.dispose();
  }
}
