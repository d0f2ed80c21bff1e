package sample;

import java.util.Map;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

@SpringBootApplication
@RestController
public class Application {
  public static void main(String[] arguments) {
    SpringApplication.run(Application.class, arguments);
  }

  @GetMapping("/")
  Map<String, String> say(@RequestParam(required = false) String name) {
    return Map.of("message", greeting(name));
  }

  static String greeting(String name) {
    return "Hello, " + (name == null || name.isBlank() ? "world" : name.strip()) + "!";
  }
}
