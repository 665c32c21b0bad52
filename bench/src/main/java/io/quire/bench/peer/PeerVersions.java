/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.peer;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;

/**
 * Which release of a peer is measured, as its jar says.
 *
 * <p>Threading: thread-safe, no state.
 */
final class PeerVersions {
    private PeerVersions() {}

    /**
     * Reads the version from a jar's manifest.
     *
     * @param type any type in the jar
     * @return version, or "unknown"
     */
    static String of(final Class<?> type) {
        final String version = type.getPackage().getImplementationVersion();
        return version == null ? "unknown" : version;
    }

    /**
     * Reads the version that Maven left in a jar.
     *
     * @param group Maven group
     * @param artifact Maven artifact
     * @return version, or "unknown"
     */
    static String of(final String group, final String artifact) {
        final String name = "/META-INF/maven/" + group + "/" + artifact + "/pom.properties";
        try (InputStream in = PeerVersions.class.getResourceAsStream(name)) {
            if (in == null) {
                return "unknown";
            }
            final Properties properties = new Properties();
            properties.load(in);
            return properties.getProperty("version", "unknown");
        } catch (final IOException e) {
            return "unknown";
        }
    }
}
