/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.io;

import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import net.jpountz.lz4.LZ4Factory;

/**
 * LZ4: the native one where it loads, twice as fast when it compresses, otherwise the one in Java. Loaded when it is
 * first asked for.
 *
 * <p>The native library is unpacked to a file for temporary ones, which goes at an orderly exit; a process that is
 * killed would leave it. Once it is loaded it needs no name, so it is removed at once.
 *
 * <p>Threading: thread-safe.
 */
public final class Lz4 {
    private static final Path MAPPINGS = Path.of("/proc/self/maps");
    private static final String LIBRARY_PREFIX = "liblz4-java-";
    private static final String LOCK_SUFFIX = ".lck";

    private Lz4() {}

    /** Loads when it is first touched. */
    private static final class Holder {
        static final LZ4Factory FACTORY = load();

        private Holder() {}

        private static LZ4Factory load() {
            final LZ4Factory factory = LZ4Factory.fastestInstance();
            removeUnpacked();
            return factory;
        }
    }

    /** {@return the fastest there is here} */
    public static LZ4Factory factory() {
        return Holder.FACTORY;
    }

    private static void removeUnpacked() {
        // A plain stream: an interrupt, which would close a channel, means nothing here.
        try (BufferedReader mappings = new BufferedReader(
                new InputStreamReader(new FileInputStream(MAPPINGS.toString()), StandardCharsets.UTF_8))) {
            String line = mappings.readLine();
            while (line != null) {
                final int start = line.indexOf('/');
                if (start >= 0 && line.startsWith(LIBRARY_PREFIX, line.lastIndexOf('/') + 1)) {
                    final Path library = Path.of(line.substring(start));
                    Files.deleteIfExists(library);
                    Files.deleteIfExists(library.resolveSibling(library.getFileName() + LOCK_SUFFIX));
                }
                line = mappings.readLine();
            }
        } catch (final IOException | RuntimeException e) {
            System.getLogger(Lz4.class.getName())
                    .log(System.Logger.Level.DEBUG, "the unpacked library stays until the process ends", e);
        }
    }
}
