// What @hpke/core needs of @hpke/common, module by module: as a whole it brings 1.2 KB of hashes and curves unused here.

export * from "../node_modules/@hpke/common/esm/src/errors.js";
export { NativeAlgorithm } from "../node_modules/@hpke/common/esm/src/algorithm.js";
export { AeadId, KdfId, KemId, Mode } from "../node_modules/@hpke/common/esm/src/identifiers.js";
export { Dhkem } from "../node_modules/@hpke/common/esm/src/kems/dhkem.js";
export { Ec } from "../node_modules/@hpke/common/esm/src/kems/dhkemPrimitives/ec.js";
export {
  HkdfSha256Native, HkdfSha384Native, HkdfSha512Native, toArrayBuffer, toUint8Array,
} from "../node_modules/@hpke/common/esm/src/kdfs/hkdf.js";
export { AEAD_USAGES } from "../node_modules/@hpke/common/esm/src/interfaces/aeadEncryptionContext.js";
export { KEM_USAGES, LABEL_DKP_PRK, LABEL_SK } from "../node_modules/@hpke/common/esm/src/interfaces/dhkemPrimitives.js";
export {
  EMPTY, INFO_LENGTH_LIMIT, INPUT_LENGTH_LIMIT, MINIMUM_PSK_LENGTH,
} from "../node_modules/@hpke/common/esm/src/consts.js";
export { base64UrlToBytes, i2Osp, xor } from "../node_modules/@hpke/common/esm/src/utils/misc.js";
