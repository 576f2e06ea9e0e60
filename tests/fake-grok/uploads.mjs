// What accounts have uploaded: by JSON (E4) and by multipart, as the page does it now.
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { uuid } from './options.mjs';

const KEPT_BYTES = 256 << 20;
export const MAX_UPLOAD = 34 << 20;

/** What a multipart upload may be. */
const TAKEN = /^(image\/(png|jpeg|gif|webp|bmp|avif|heic)|text\/(plain|markdown|csv)|application\/(json|pdf))$/;

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

export class Uploads {
  /** Files by path, oldest first; `#owners` says which account an id belongs to and outlives the bytes. */
  #files = new Map();
  #owners = new Map();
  /** The paths of mentioned files, by id. */
  #paths = new Map();
  #answers = new Map();
  #forImagine = new Set();
  #bytes = 0;

  /** Returns { type, bytes } of the file at a path such as `/users/…/content`. */
  file(path) { return this.#files.get(path); }

  /** Returns the files with these ids as `{ name, type, bytes }`, without those that are forgotten. */
  files(ids) { return (ids ?? []).map((id) => this.#files.get(this.#paths.get(id))).filter(Boolean); }

  owns(userId, id) { return this.#owners.get(id) === userId; }

  /** Returns whether a file was uploaded for an edit or a video. */
  isForImagine(id) { return this.#forImagine.has(id); }

  #keep(fileId, userId, name, type, bytes) {
    const fileUri = `users/${userId}/${fileId}/content`;
    this.#files.set(`/${fileUri}`, { name, type, bytes });
    this.#paths.set(fileId, `/${fileUri}`);
    this.#owners.set(fileId, userId);
    this.#bytes += bytes.length;
    for (const [path, old] of this.#files) {
      if (this.#bytes <= KEPT_BYTES || this.#files.size === 1) break;
      this.#files.delete(path);
      this.#bytes -= old.bytes.length;
    }
    return fileUri;
  }

  /** E4: stores the file of a JSON body. Returns the answer, or null when the body is not one. */
  json(call, userId) {
    const { fileName, fileMimeType, content } = call.body ?? {};
    if (typeof fileName !== 'string' || typeof content !== 'string' || content.startsWith('data:')) return null;
    const bytes = Buffer.from(content, 'base64');
    Object.assign(call, { size: bytes.length, sha256: sha256(bytes) });
    const fileId = uuid(`upload-${call.id}-${call.at}`);
    return { fileMetadataId: fileId, fileUri: this.#keep(fileId, userId, fileName, fileMimeType, bytes), fileMimeType, fileName };
  }

  /**
   * Stores the file of a multipart body that `readForm` has read. `options`: `terminal_error` refuses it with this text,
   * `upload_id_only` leaves the metadata to the status route. A type that the service does not take is refused. Returns null when there was no file.
   */
  multipart(call, userId, { terminal_error = '', upload_id_only }) {
    if (!call.file) return null;
    const uploadId = uuid(`upload-id-${call.id}-${call.at}`);
    if (terminal_error) return { uploadId, terminalError: String(terminal_error) };
    const type = call.body.fileMimeType.split(';')[0];
    if (!TAKEN.test(type)) return { uploadId, terminalError: `UNSUPPORTED_FILE_TYPE ${type}` };
    const fileMetadataId = uuid(`upload-${call.id}-${call.at}`);
    const fileUri = this.#keep(fileMetadataId, userId, call.body.fileName, call.body.fileMimeType, call.file);
    this.#owners.set(uploadId, userId);
    this.#paths.set(uploadId, `/${fileUri}`);
    if (call.body.fileSource === 'IMAGINE_SELF_UPLOAD_FILE_SOURCE') this.#forImagine.add(fileMetadataId).add(uploadId);
    const answer = { uploadId, terminalError: '', fileMetadata: { fileMetadataId, fileId: fileMetadataId, fileUri } };
    this.#answers.set(uploadId, answer);
    return upload_id_only ? { uploadId, terminalError: '' } : answer;
  }

  /** Returns what became of an upload of this account, or null. */
  status(userId, uploadId) { return this.owns(userId, uploadId) ? this.#answers.get(uploadId) : null; }
}

/**
 * Reads a multipart body into `call.body`: fileName, fileMimeType, fileSource, size and sha256. `content`, the bytes in base64, is computed
 * when it is read and not listed. Without a part `file` that has a name and a type, `call.file` stays unset.
 */
export async function readForm(call, bytes) {
  let form;
  try { form = await new Response(bytes, { headers: { 'content-type': call.headers['content-type'] ?? '' } }).formData(); } catch { return; }
  const files = form.getAll('file');
  if (files.length !== 1 || typeof files[0] === 'string' || !files[0].name || !files[0].type) return;
  const file = Buffer.from(await files[0].arrayBuffer());
  Object.defineProperty(call, 'file', { value: file, enumerable: false });
  call.body = { fileName: files[0].name, fileMimeType: files[0].type, size: file.length, sha256: sha256(file) };
  if (form.has('file_source')) call.body.fileSource = form.get('file_source');
  Object.assign(call, call.body);
  Object.defineProperty(call.body, 'content', { get: () => file.toString('base64'), enumerable: false });
}
