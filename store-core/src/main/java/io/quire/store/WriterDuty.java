/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

/**
 * Work that must be done by the writer between two operations.
 *
 * <p>Threading: called by the store's writer.
 */
@FunctionalInterface
public interface WriterDuty {
    /** Does what is due; short. */
    void run();

    /**
     * Told once or more that the store is fail-stopped and will not run the duty again. By any thread.
     *
     * @param cause why
     */
    default void failed(final Throwable cause) {}
}
