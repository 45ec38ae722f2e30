// Messages that are opened with a data key that was handed over, and the data key of a message as it is handed over. It opens that message and
// nothing else; it is never logged.
import { KeyringTraceFlag, NodeDecryptionMaterial, unwrapDataKey, type NodeMaterialsManager } from '@aws-crypto/material-management-node';
import { KEY_NAMESPACE, materialsOf } from '../../seal/materials.ts';
import { openingWith, type Opener } from '../../seal/open.ts';
import { goneError, type PeriodKey, type PeriodKeys } from '../../seal/period-keys.ts';
import { saltOf } from '../../seal/salt.ts';
import { periodOf, type EvidenceContext } from '../../seal/vault.ts';

export type ObjectOpener = Pick<Opener, 'opening' | 'salt'>;

export interface Captured {
  readonly keyName: string;
  readonly dataKey: Buffer;
  readonly salt: Buffer;
  readonly context: EvidenceContext;
}

/** Opens one object with the period's key. @param onOpen told what opens it, once that is known to. */
export function capturingOpener(keys: Pick<PeriodKeys, 'forOpening'>, key: string, onOpen: (captured: Captured) => void): ObjectOpener {
  async function keyOf(context: EvidenceContext): Promise<PeriodKey> {
    const found = await keys.forOpening(context.class, periodOf(context));
    if (found.state !== 'present') throw goneError(found);
    return found;
  }

  return {
    salt: async (context) => saltOf((await keyOf(context)).key, key),
    opening: (message, context) =>
      openingWith(message, context, async () => {
        const period = await keyOf(context);
        const materials = materialsOf(period);
        const told = (dataKey: Buffer): void => onOpen({ keyName: period.name, dataKey, salt: saltOf(period.key, key), context });
        return { name: period.name, materials: capturing(materials, told) };
      }),
  };
}

function capturing(materials: NodeMaterialsManager, onDataKey: (dataKey: Buffer) => void): NodeMaterialsManager {
  return {
    getEncryptionMaterials: (request) => materials.getEncryptionMaterials(request),
    async decryptMaterials(request) {
      const material = await materials.decryptMaterials(request);
      onDataKey(Buffer.from(unwrapDataKey(material.getUnencryptedDataKey())));
      return material;
    },
  };
}

export interface Given {
  readonly keyName: string;
  readonly dataKey: Uint8Array;
  readonly salt: Buffer;
}

/** Opens the one message that the data key is of. */
export function givenOpener({ keyName, dataKey, salt }: Given): ObjectOpener {
  const materials: NodeMaterialsManager = {
    getEncryptionMaterials: () => Promise.reject(new Error('a copy of evidence is only opened')),
    decryptMaterials: ({ suite, encryptionContext }) =>
      Promise.resolve(
        // A copy: the SDK wants bytes that share their memory with nothing.
        new NodeDecryptionMaterial(suite, encryptionContext).setUnencryptedDataKey(new Uint8Array(dataKey), {
          keyName,
          keyNamespace: KEY_NAMESPACE,
          flags: KeyringTraceFlag.WRAPPING_KEY_DECRYPTED_DATA_KEY,
        }),
      ),
  };
  return {
    salt: () => Promise.resolve(salt),
    opening: (message, context) => openingWith(message, context, () => Promise.resolve({ name: keyName, materials })),
  };
}
