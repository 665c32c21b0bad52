/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.table;

import java.util.concurrent.CompletableFuture;

/**
 * A table whose state can be made durable and opened again.
 *
 * <p>Threading: as {@link KeyedTable}; the future completes on any thread.
 */
public interface DurableTable extends KeyedTable {
    /**
     * Starts making the present state durable and returns as soon as the writer may go on, which for some contestants
     * is at the end.
     *
     * @return what it cost, when everything is on the device
     */
    CompletableFuture<CheckpointCost> checkpoint();

    /**
     * Tells when writes are acknowledged that were handed over before.
     *
     * @return what tells it, or null when a write is acknowledged by the return of its call
     */
    default WriteAcknowledgements acknowledgements() {
        return null;
    }
}
