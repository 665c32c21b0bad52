/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.storage;

/** The contract kept by something that is no directory. */
class InMemoryCheckpointStorageTest extends CheckpointStorageContractTest {
    private final InMemoryCheckpointStorage storage = new InMemoryCheckpointStorage();

    @Override
    CheckpointStorage storage() {
        return storage;
    }
}
