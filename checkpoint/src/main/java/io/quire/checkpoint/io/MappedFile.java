/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.io;

/**
 * A read-only mapping of an immutable file. Nothing is checksummed or decompressed in place, since a bad page under
 * native code would end the JVM.
 *
 * <p>Threading: thread-safe; close only after the last reader has left.
 */
public interface MappedFile extends RangeReader {}
