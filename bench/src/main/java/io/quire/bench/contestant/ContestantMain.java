/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.contestant;

import io.quire.bench.machine.CorePinning;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/**
 * The program of a contestant's JVM: reads requests from standard input, answers each on standard output, ends with its
 * input. What a contestant itself prints goes to standard error.
 */
public final class ContestantMain {
    private ContestantMain() {}

    /**
     * Runs until the input ends.
     *
     * @param arguments none
     * @throws InterruptedException never, nobody interrupts this thread
     */
    public static void main(final String[] arguments) throws InterruptedException {
        final PrintStream answers = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        System.setOut(System.err);
        final Thread worker = new Thread(() -> serve(answers), CorePinning.WORKER_THREAD_NAME);
        worker.start();
        worker.join();
        // Contestants may have left threads that are no daemons.
        System.exit(0);
    }

    private static void serve(final PrintStream answers) {
        try (ContestantSession session = new ContestantSession();
                BufferedReader requests =
                        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            for (String line = requests.readLine(); line != null; line = requests.readLine()) {
                answers.println(answer(session, line).line());
            }
        } catch (final IOException e) {
            e.printStackTrace(System.err);
        }
    }

    private static Message answer(final ContestantSession session, final String line) {
        try {
            return session.handle(Message.parse(line));
        } catch (final RuntimeException | Error e) {
            e.printStackTrace(System.err);
            return new Message().with("error", e.toString());
        }
    }
}
