//! Orders: the input, the name, and what is refused.

use super::super::catalog::Provider;
use super::*;

fn chosen() -> Chosen {
    Chosen {
        environment: "dev".to_owned(),
        provider: Provider {
            name: "dev-pub".to_owned(),
            account: "123456789012".to_owned(),
            region: "eu-west-1".to_owned(),
            vpc_parameter: "/baws/net".to_owned(),
            cluster_parameter: "/baws/cluster".to_owned(),
        },
    }
}

fn order(values: &[(&str, Value)]) -> Order {
    let values = values
        .iter()
        .map(|(key, value)| ((*key).to_owned(), value.clone()));
    Order {
        application: "shop".to_owned(),
        action: "Create App".to_owned(),
        boilerplates: vec!["aws_ecs".to_owned()],
        values: values.collect(),
    }
}

fn sent(order: &Order) -> Sent {
    let orderer = Orderer {
        user: "ada",
        role: "arn:aws:iam::123456789012:role/dev",
    };
    order
        .sent(&chosen(), "vpc-1", "arn:cluster", &orderer)
        .unwrap()
}

#[test]
fn the_input_is_that_of_the_portal_and_what_is_no_text_is_json() {
    let order = order(&[
        ("PORT", json!(8080)),
        ("APP_ENV_PLAINTEXT", json!({"A": "b"})),
    ]);
    order.check().unwrap();
    assert_eq!(
        sent(&order).text,
        r#"{"parameters":{"ACTION_TYPE":"Create App","APP_ENV_PLAINTEXT":"{\"A\":\"b\"}","APP_SHORT_NAME":"shop","ASSUMED_ROLE":"arn:aws:iam::123456789012:role/dev","PORT":"8080","TARGET_ACCOUNT":"123456789012","TARGET_ECS_CLUSTER_ARN":"arn:cluster","TARGET_ENV_NAME":"dev","TARGET_ENV_PROVIDER_NAME":"dev-pub","TARGET_REGION":"eu-west-1","TARGET_VPCID":"vpc-1","USER":"ada"},"repositories":["aws_ecs"]}"#
    );
}

#[test]
fn the_same_order_has_the_same_name_and_another_one_another() {
    let (one, other) = (sent(&order(&[])), sent(&order(&[("PORT", json!(1))])));
    assert_eq!(one.name, sent(&order(&[])).name);
    assert!(one.name.starts_with("shop-create-app-") && one.name != other.name);
    let long = Order {
        application: "a".repeat(100),
        action: "Ändere: alles/sofort und noch viel mehr".to_owned(),
        ..order(&[])
    };
    let name = numbered(&sent(&long).name, 99);
    let sound = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    assert!(name.len() <= 80 && name.chars().all(sound), "{name}");
}

#[test]
fn what_is_not_the_orders_to_say_is_named() {
    for key in RESERVED {
        let error = order(&[(key, json!("x"))]).check().unwrap_err();
        assert_eq!(
            error.message(),
            format!("`{key}` is not the order's to say")
        );
    }
    for wrong in [
        ("A-B", json!("x")),
        ("1A", json!("x")),
        ("", json!(1)),
        (APPLICATION, json!("x")),
    ] {
        assert!(order(&[wrong]).check().is_err());
    }
    assert!(order(&[(APPLICATION, json!("shop"))]).check().is_ok());
    let twice = Order {
        boilerplates: vec!["a".to_owned(), "a".to_owned()],
        ..order(&[])
    };
    assert!(twice.check().is_err());
}
