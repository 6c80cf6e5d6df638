package consumer;

import java.io.File;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A container as application servers are: it knows no program, and loads each by a class loader of its own. */
public final class Container {
    /** @param args the program's class path, and how often it is loaded */
    public static void main(String[] args) throws Exception {
        List<URL> urls = new ArrayList<>();
        for (String path : args[0].split(File.pathSeparator)) {
            urls.add(Path.of(path).toUri().toURL());
        }
        for (int i = 0; i < Integer.parseInt(args[1]); i++) {
            try (URLClassLoader loader = new URLClassLoader(urls.toArray(URL[]::new),
                    ClassLoader.getPlatformClassLoader())) {
                System.out.println(loader.loadClass("consumer.Program").getMethod("paint").invoke(null));
            }
        }
    }
}
