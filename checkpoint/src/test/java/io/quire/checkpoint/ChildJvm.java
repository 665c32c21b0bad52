/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A JVM of its own to be killed, with the modules that this one has opened and the class path it was given. */
public final class ChildJvm {
    private ChildJvm() {}

    /** Starts a main class; what it writes to its standard error goes to a file, see {@link #lastWords}. */
    public static Process start(final Class<?> main, final Path errorFile, final String... arguments)
            throws IOException {
        final List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-Xmx256m");
        command.add("-XX:+UseSerialGC");
        command.add("-XX:TieredStopAtLevel=1");
        for (final String argument : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
            // Not the heap, the crash files and the agents of this JVM.
            if (argument.startsWith("--add-")
                    || argument.startsWith("--enable-")
                    || argument.startsWith("--sun-")
                    || argument.startsWith("-XX:SharedArchiveFile")) {
                command.add(argument);
            }
        }
        command.add("-cp");
        command.add(System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")));
        command.add(main.getName());
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command).redirectError(errorFile.toFile()).start();
    }

    /** How a child ended that should be alive: for the message of the test that fails. */
    public static String lastWords(final Process child, final Path errorFile) throws IOException {
        return "the child has died: " + (child.isAlive() ? "output closed" : "exit code " + child.exitValue())
                + ", its error output: " + Files.readString(errorFile);
    }
}
