/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.codec;

/**
 * Reads a value that says itself where it ends.
 *
 * <p>Threading: thread-safe.
 *
 * @param <T> type of the values
 */
@FunctionalInterface
interface InlineReader<T> {
    /** Reads the next value, which is not null. */
    T read(ValueReader in);
}
