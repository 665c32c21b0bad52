/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.manifest;

import io.quire.store.errors.StateStoreException;
import java.nio.file.Path;
import java.util.Objects;

/**
 * A manifest that was found and cannot be used.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param path of the file
 * @param generation according to its name
 * @param cause why: {@link io.quire.store.errors.CorruptStoreException} when it is damaged or foreign,
 *     {@link io.quire.store.errors.FormatTooNewException} or {@link io.quire.store.errors.FormatTooOldException} when
 *     it is of another version, {@link io.quire.store.errors.StoreIoException} when it cannot be read
 */
public record RejectedManifest(Path path, long generation, StateStoreException cause) {
    /** Creates the description of a rejected manifest. */
    public RejectedManifest {
        Objects.requireNonNull(path, "path");
        Objects.requireNonNull(cause, "cause");
    }
}
