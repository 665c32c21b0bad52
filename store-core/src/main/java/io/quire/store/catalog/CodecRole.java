/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.catalog;

/**
 * What a codec encodes in a state. Codes stand in the catalog and never change their meaning.
 *
 * <p>Threading: thread-safe, immutable.
 */
public enum CodecRole {
    /** Keys of a state. */
    KEY(1),
    /** Values of a state, elements of a list, accumulators. */
    VALUE(2),
    /** Keys inside a map. */
    MAP_KEY(3),
    /** Namespaces. */
    NAMESPACE(4);

    private final int code;

    CodecRole(final int code) {
        this.code = code;
    }

    /** {@return the number that stands for this role in the catalog, 1 or more} */
    public int code() {
        return code;
    }

    /** {@return whether values written by an older codec can be read by a newer one; what is hashed cannot} */
    public boolean evolves() {
        return this == VALUE;
    }

    /**
     * The role of a code.
     *
     * @param code from the catalog
     * @return its role, or null when no role has it
     */
    public static CodecRole ofCode(final int code) {
        for (final CodecRole role : values()) {
            if (role.code == code) {
                return role;
            }
        }
        return null;
    }
}
