/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine.IVersionProvider;

/**
 * What {@code quire --version} prints.
 *
 * <p>Threading: thread-safe, stateless.
 */
public final class QuireVersion implements IVersionProvider {
    /** {@return the version of Quire} */
    static String number() {
        try (InputStream in = QuireVersion.class.getResourceAsStream("version.txt")) {
            return in == null ? "unknown" : new String(in.readAllBytes(), StandardCharsets.UTF_8).trim();
        } catch (final IOException e) {
            return "unknown";
        }
    }

    @Override
    public String[] getVersion() {
        return new String[] {
            "quire " + number(),
            "JVM " + System.getProperty("java.runtime.version") + " (" + System.getProperty("java.vendor") + "), "
                    + System.getProperty("os.name") + " " + System.getProperty("os.version") + " "
                    + System.getProperty("os.arch")
        };
    }
}
