/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.log;

import io.quire.store.errors.StateStoreException;
import java.nio.file.Path;

/**
 * A log segment found in the directory.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param path the file
 * @param startPosition log position in its name
 * @param header its header, null when it could not be read
 * @param problem why not, null when it could
 */
record LogSegment(Path path, long startPosition, LogSegmentHeader header, StateStoreException problem) {
    /** The header, or the reason why there is none as an exception. */
    LogSegmentHeader checkedHeader() {
        if (header == null) {
            throw problem;
        }
        return header;
    }
}
