/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.storage;

import io.quire.checkpoint.io.DiskStoreFiles;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class LocalCheckpointStorageTest extends CheckpointStorageContractTest {
    @TempDir
    Path directory;

    @Override
    CheckpointStorage storage() {
        return new LocalCheckpointStorage(new DiskStoreFiles(), directory);
    }
}
