/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.codec;

import java.util.List;

/**
 * A component of a record as its codec sees it.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param name its name
 * @param type its type, erased
 * @param codec writes and reads it
 * @param absent what it is in a record whose schema had no such component; may be null
 * @param formerNames names it had in older schemas
 */
record RecordPart(String name, Class<?> type, StructuredCodec<?> codec, Object absent, List<String> formerNames) {
    RecordPart {
        formerNames = List.copyOf(formerNames);
    }

    /** Whether it may be null: numbers cannot, and an optional need not. */
    boolean nullable() {
        return !type.isPrimitive() && codec.structure().kind() != Schema.Kind.OPTIONAL;
    }

    Schema schema() {
        return codec.structure().asNullable(nullable());
    }
}
