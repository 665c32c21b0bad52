/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.catalog;

/**
 * What the catalog remembers of a codec.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param id name of the format; empty for primitives and bytes
 * @param version version of the format; 0 for primitives and bytes
 */
public record CodecIdentity(String id, int version) {
    /** For keys and values that no codec encodes. */
    public static final CodecIdentity NONE = new CodecIdentity("", 0);

    @Override
    public String toString() {
        return id.isEmpty() ? "-" : id + " v" + version;
    }
}
