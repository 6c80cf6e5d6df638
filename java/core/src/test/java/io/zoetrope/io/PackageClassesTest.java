package io.zoetrope.io;

import static org.assertj.core.api.Assertions.assertThat;

import io.zoetrope.diffusion.Sampler;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PackageClassesTest {
    /** Some of those there are. */
    private static final List<String> SAMPLERS = List.of("Ddim", "Ddpm", "DpmSolver2M", "Heun");

    @Test
    void findsThemInAFolder() {
        assertThat(PackageClasses.of(Sampler.class)).extracting(Class::getSimpleName).containsSubsequence(SAMPLERS)
                .isSorted();
        assertThat(PackageClasses.beside(PackageClassesTest.class, Sampler.class)).as("another package").isEmpty();
    }

    @Test
    void findsThemInAJar(@TempDir Path folder) throws Exception {
        Path jar = folder.resolve("a jar.jar");
        URI classes = Sampler.class.getProtectionDomain().getCodeSource().getLocation().toURI();
        pack(Path.of(classes), "io/zoetrope/diffusion", jar);
        try (URLClassLoader loader = new URLClassLoader(new URL[] {jar.toUri().toURL()}, null)) {
            Class<?> sampler = loader.loadClass(Sampler.class.getName());
            assertThat(sampler).isNotSameAs(Sampler.class);
            assertThat(PackageClasses.of(sampler)).extracting(Class::getSimpleName).containsSubsequence(SAMPLERS);
            Thread.currentThread().interrupt();
            List<String> found = PackageClasses.of(sampler).stream().map(Class::getSimpleName).toList();
            assertThat(Thread.interrupted()).as("the thread stays marked").isTrue();
            assertThat(found).as("under an interrupt").containsSubsequence(SAMPLERS);
        }
    }

    @Test
    void findsOneByItsName() {
        assertThat(PackageClasses.named(Sampler.class, "Heun")).isPresent();
        assertThat(PackageClasses.named(Sampler.class, "Sampler")).as("abstract").isEmpty();
        assertThat(PackageClasses.named(Sampler.class, "NoiseSchedule")).as("of another kind").isEmpty();
        assertThat(PackageClasses.named(Sampler.class, "Heum")).as("not there").isEmpty();
    }

    private static void pack(Path classes, String name, Path jar) throws IOException {
        try (OutputStream out = Files.newOutputStream(jar); JarOutputStream packed = new JarOutputStream(out);
                Stream<Path> files = Files.list(classes.resolve(name))) {
            packed.putNextEntry(new JarEntry(name + "/"));
            for (Path file : files.toList()) {
                packed.putNextEntry(new JarEntry(name + "/" + file.getFileName()));
                Files.copy(file, packed);
            }
        }
    }
}
